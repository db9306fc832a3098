// A compile takes seconds and is spread over hundreds of functions. V8 would optimise nearly all of them, in threads
// that take more time than the compile itself; what is hot for longer, as loops over tokens are, still is optimised.
import * as v8 from "node:v8";

/** Sets V8 up for a process that compiles once. */
export function expectShortRun() {
  // Later versions of V8 do not know the flag, and would say so for every command.
  if (process.versions.v8.startsWith("11.3.")) v8.setFlagsFromString("--interrupt-budget=600000");
}
