// What is under the pointer, or named after the # of the address, lights up everywhere.
const light = (group) => {
  document.querySelectorAll('.on').forEach((part) => part.classList.remove('on'));
  if (group === null) return;
  document.querySelectorAll(`[data-g="${group}"]`).forEach((part) => part.classList.add('on'));
};
const named = () => {
  const name = location.hash.match(/^#g(\d+)$/);
  light(name ? name[1] : null);
};
document.addEventListener('mouseover', (event) => {
  const part = event.target.closest('[data-g]');
  if (part) light(part.dataset.g); else named();
});
document.addEventListener('click', (event) => {
  const part = event.target.closest('[data-g]');
  if (!part) return;
  location.hash = `g${part.dataset.g}`;
  document.querySelectorAll('section').forEach((section) => {
    const first = section.querySelector(`[data-g="${part.dataset.g}"]`);
    if (first && !section.contains(part)) section.scrollTop = first.offsetTop - section.offsetTop - 40;
  });
});
window.addEventListener('hashchange', named);
named();
