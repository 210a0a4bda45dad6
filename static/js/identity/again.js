// Posts the provider's answer once more, from a page of ours, so that the session comes along.
document.querySelector("form[data-again]").submit();
