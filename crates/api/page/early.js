// Runs before anything is drawn, so that a dark page does not begin with a white flash.
try {
  const theme = JSON.parse(localStorage.getItem("theme"));
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // The browser keeps nothing; the system's own choice holds.
}
