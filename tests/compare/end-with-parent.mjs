// A comparison waits for its children in `spawnSync`: a signal ends it at once, and it cannot pass the signal on.
import process from "node:process";

const milliseconds = 500;

/** Ends this process once the one that started it is gone, so that what is left of it disturbs no later measurement. */
export function endWithParent() {
  const parent = process.ppid;
  const look = () => {
    if (process.ppid !== parent) process.exit(1);
  };
  setInterval(look, milliseconds).unref();
}
