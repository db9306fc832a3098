/**
 * Waits for a promise of the device without burning a core.
 *
 * Note [Busy polling]: while a GPU promise is pending, Dawn's binding for Node polls in every turn of the
 * event loop. On a software adapter that takes a core from the very work it waits for (1.5 to 1.9 times
 * slower on two cores). So each turn also sleeps: not at all in the first moments, when short work ends,
 * then for a small share of the time already waited, which bounds what the sleep can cost.
 */
export async function waitFor<T>(promise: Promise<T>): Promise<T> {
  pending += 1;
  startedAt = performance.now();
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
const shareOfTimeWaited = 0.02;
const shortestSleepMs = 0.05;
const longestSleepMs = 2;

const neverNotified = new Int32Array(new SharedArrayBuffer(4));
let pending = 0;
/** When the newest wait began: a short wait beside a long one still gets its spin. */
let startedAt = 0;
let isLooping = false;

function sleepEachTurn(): void {
  if (pending === 0) {
    isLooping = false;
    return;
  }
  const waitedMs = performance.now() - startedAt;
  if (waitedMs > spinMs) {
    const sleepMs = Math.min(
      longestSleepMs,
      Math.max(shortestSleepMs, waitedMs * shareOfTimeWaited),
    );
    Atomics.wait(neverNotified, 0, 0, sleepMs);
  }
  setImmediate(sleepEachTurn);
}
