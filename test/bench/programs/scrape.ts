// Scrapes the daemon beside it again and again; prints how long each scrape took, in milliseconds, and its size.

const SCRAPES = 50;
/** Until the code on both sides is compiled. */
const WARM_UP = 10;

const times: number[] = [];
let bytes = 0;
for (let i = 0; i < WARM_UP + SCRAPES; i++) {
  const startedAt = performance.now();
  bytes = (await (await fetch('http://127.0.0.1:10249/metrics')).text()).length;
  if (i >= WARM_UP) times.push(performance.now() - startedAt);
}
console.log(JSON.stringify({ times, bytes }));
