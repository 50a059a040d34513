/* Small mends of the theme for the keyboard and for screen readers. */
function mend() {
  // The button reads "Search Ctrl+K": a label "Search" over it would hide that from speech input.
  for (const button of document.querySelectorAll(".search-button-field")) button.removeAttribute("aria-label");
  // The arrows that unfold a part of the contents have no words.
  for (const arrow of document.querySelectorAll(".bd-sidebar-primary summary")) {
    const entry = arrow.closest("li")?.querySelector("a");
    if (entry && !arrow.textContent.trim()) arrow.setAttribute("aria-label", `Pages of ${entry.textContent.trim()}`);
  }
  const logo = document.querySelector(".sidebar-primary-item:has(.navbar-brand)");
  if (logo) { logo.setAttribute("role", "navigation"); logo.setAttribute("aria-label", "Home"); }
}
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", mend); else mend();
window.addEventListener("load", mend);
