// Goes on with an import that was begun, one request after the other. Loaded only while one is going.

document.querySelector("form[data-going]")?.requestSubmit();
