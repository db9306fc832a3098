// How long the compiler takes from the text of a stage to its program: the stages of InternVL at the sizes of a tiny
// checkpoint, and the step of `train.weft`. Each is compiled once, by a process of its own.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../bin/build.mjs";
import { expectShortRun } from "../../bin/short-runs.mjs";

const tiny = {
  E: 48,
  Query: 8,
  cross_every: 2,
  "clip_projector.heads": 4,
  "clip_projector2.heads": 4,
  "vision_model.D": 64,
  "vision_model.Heads": 4,
  "vision_model.Hidden": 160,
  "vision_model.depth": 3,
  "qllama.Vocab": 211,
  "qllama.D": 96,
  "qllama.Heads": 6,
  "qllama.Hidden": 176,
  "qllama.depth": 4,
  "qllama.Slot": 128,
};

/** Stages that set the size of pictures themselves keep it. */
const small = { ...tiny, "vision_model.image": 56 };

const internvl = (stage, settings, phase) => ({
  name: phase === undefined ? stage : `${stage}, phase ${phase}`,
  profile: "any device",
  entry: "models/internvl/stages.weft",
  stage,
  phase,
  purpose: "gradients",
  settings,
  sizes: { B: 4, Text: 12 },
});

const step = (profile, depth) => ({
  name: `step of a ViT of ${depth} blocks`,
  profile,
  entry: "tests/compare/works/train.weft",
  stage: "classes",
  purpose: "train",
  settings: { depth },
  sizes: { B: 8 },
});

/** What is timed; `depth` is the number of blocks of the ViT. */
export const timedStages = (depth) => [
  internvl("contrast", tiny, "low"),
  internvl("contrast", tiny, "full"),
  internvl("contrast_g", small),
  internvl("align", small),
  internvl("retrieval", tiny),
  internvl("retrieval_head", small),
  internvl("retrieval_lora", small),
  step("portable", depth),
  step("software", depth),
];

/** Seconds of each, by the clock and of all threads together, one process after the other. */
export function stageTimes(depth) {
  return timedStages(depth).map((_, row) => {
    const script = fileURLToPath(import.meta.url);
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, `${row}`, `${depth}`], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  });
}

/** Compiles one of them in this process. */
async function timeStage({ name, profile, entry, stage, phase, purpose, settings, sizes }) {
  const compiler = (path) => import(join(packageRoot, "dist", "compiler", `${path}.js`));
  const { diskLoader } = await compiler("api/load/disk-loader");
  const { compileStage } = await compiler("compile-stage");
  const { profiles } = await import("./profiles.mjs");
  const overrides = Object.entries(settings).map(([path, value]) => ({ path, value }));
  const loader = diskLoader(packageRoot);
  let groupings = 0;
  const before = performance.now();
  const cpuBefore = process.cpuUsage();
  const { artifact, diagnostics } = compileStage({
    entry,
    loader,
    stage,
    phase,
    purpose,
    profile: profiles[profile],
    overrides,
    sizes,
    onGrouping: () => {
      groupings++;
    },
  });
  const seconds = Math.round(performance.now() - before) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = Math.round((user + system) / 1000) / 1000;
  if (artifact === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const dispatches = artifact.program.dispatches.length;
  return { stage: name, profile, seconds, cpuSeconds, groupings, dispatches };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  expectShortRun();
  const [row, depth] = process.argv.slice(2).map(Number);
  console.log(JSON.stringify(await timeStage(timedStages(depth)[row])));
}
