// Keeps relative times true: "5 min ago" grows older while one looks at it. The same rule as display.relative, and the
// same words: the page brings them along in its own language.

const words = document.documentElement.dataset;

const UNITS = [
  ["d", 86400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

function relative(milliseconds) {
  const seconds = milliseconds / 1000;
  const distance = Math.abs(seconds);
  if (distance < 5) return words.now;
  const [unit, size] = UNITS.find(([, size]) => distance >= size);
  const span = `${Math.floor(distance / size)} ${unit}`;
  return (seconds > 0 ? words.past : words.future).replace("{span}", span);
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const text = relative(Date.now() - Date.parse(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}, 5000);
