// One library, one work, one process: its memory and its threads are its own.
//
//   node tests/compare/run-library.mjs LIBRARY WORK RUNS FOLDER RESULT [count]
import { join } from "node:path";
import { argv } from "node:process";
import { CannotDo } from "./cannot-do.mjs";
import { endWithParent } from "./end-with-parent.mjs";
import { measure } from "./measure.mjs";
import { inputs } from "./tensor-files.mjs";
import { workNamed } from "./works/all-works.mjs";

endWithParent();

const [library, workName, runs, folder, resultFile, count] = argv.slice(2);
const { prepare } = await import(`./libraries/${library}.mjs`);

async function runLibrary() {
  try {
    const prepared = await prepare(workNamed(workName), folder, join(folder, inputs));
    return await measure(prepared, Number(runs), resultFile, count === "count");
  } catch (error) {
    if (error instanceof CannotDo) return { cannot: error.message };
    throw error;
  }
}

console.log(JSON.stringify(await runLibrary()));
process.exit(0); // Dawn's threads would keep the process.
