// Runs before the first paint, so that a dark page never flashes white. Not a module: modules wait for the document.
document.documentElement.dataset.theme = localStorage.getItem("im.theme") ?? "auto";
