/**
 * Waits for a promise of the device without burning a core.
 *
 * Note [Busy polling]: while a GPU promise is pending, Dawn's binding for Node polls in every turn of the
 * event loop. On a software adapter that takes a core from the very work it waits for (1.5 to 1.9 times
 * slower on two cores). So each turn also sleeps: not at all in the first moments, when short work ends,
 * then for a small share of the time already waited, which bounds what the sleep can cost. Who has waited
 * for the same work before says how long that took: until just before then there is no use in asking.
 */
export async function waitFor<T>(promise: Promise<T>, usualMs = 0): Promise<T> {
  pending += 1;
  startedAt = performance.now();
  // Beside other waits, which may end sooner, it is asked as for work that nobody knows.
  quietUntil = pending === 1 ? startedAt + shareThatIsQuiet * usualMs : startedAt;
  if (!isLooping) {
    isLooping = true;
    setImmediate(sleepEachTurn);
  }
  try {
    return await promise;
  } finally {
    pending -= 1;
  }
}

const spinMs = 0.1;
const shareThatIsQuiet = 0.9;
const shareOfTimeWaited = 0.02;
const shortestSleepMs = 0.05;
const longestSleepMs = 2;

const neverNotified = new Int32Array(new SharedArrayBuffer(4));
let pending = 0;
/** When the newest wait began: a short wait beside a long one still gets its spin. */
let startedAt = 0;
let quietUntil = 0;
let isLooping = false;

function sleepEachTurn(): void {
  if (pending === 0) {
    isLooping = false;
    return;
  }
  const now = performance.now();
  const waitedMs = now - Math.max(startedAt, quietUntil);
  if (waitedMs < 0) sleep(-waitedMs);
  else if (waitedMs > spinMs || quietUntil > startedAt)
    sleep(Math.max(shortestSleepMs, waitedMs * shareOfTimeWaited));
  setImmediate(sleepEachTurn);
}

/** The thread sleeps, not too long: other events of this process wait for it. */
function sleep(ms: number): void {
  Atomics.wait(neverNotified, 0, 0, Math.min(longestSleepMs, ms));
}
