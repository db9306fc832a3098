import { defineFault } from "./fault-entry.ts";

/** What can be wrong with the folder of a study. */
export const studyFaults = {
  "study-begun": defineFault<{ path: string; name: string }>({
    exitCode: 1,
    title: "The folder of a new study holds another one",
    message: ({ path, name }) => `\`${path}\` holds the study \`${name}\``,
    hint: () => "go on with it with --resume, or give this study a folder of its own with --out",
    explain:
      "A study goes on in its folder only where that is asked for: cells that are done would else be taken for those of another text.",
  }),
  "study-other": defineFault<{ path: string; found: string; name: string }>({
    exitCode: 1,
    title: "A folder holds the study of another experiment",
    message: ({ path, found, name }) => `\`${path}\` holds the study \`${found}\`, not \`${name}\``,
    hint: () => "give this study a folder of its own with --out",
    explain:
      "The text of an experiment may change while its study goes on: cells that resolve to what they were stay, new ones are trained, and those that are gone leave the tables. Cells of two experiments in one folder could not be told apart.",
  }),
  "study-damaged": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "A folder holds no study, or one that cannot be read",
    message: ({ path, reason }) => `\`${path}\` is no folder of a study: ${reason}`,
    hint: () => "`weft ablate FILE --experiment E --out FOLDER` makes one",
    explain:
      "`study.json` says which cells a study has and how they are trained, and `cells/` has what came of them. A worker and a report need nothing but the folder; they read no other version of its form than their own.",
  }),
  "study-folder-unsafe": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "Workers cannot share a folder",
    message: ({ path, reason }) => `workers cannot share \`${path}\`: ${reason}`,
    hint: () => "put the study on a local disk, or on a network file system with hard links (NFS)",
    explain:
      "Each result of a study is published by a hard link, which on a proper file system is given to exactly one of several who ask for the same name. Before a study begins two processes race a hundred times for names in its folder; a folder where a race goes to both or to none, or whose disk knows no links (FAT, some mounts of containers), would lose results or have them twice.",
  }),
  "study-cell-unknown": defineFault<{
    only: string;
    known: readonly string[];
    nearest: readonly string[];
  }>({
    exitCode: 1,
    title: "A study has no such cell",
    message: ({ only }) => `the study has no cell \`${only}\``,
    hint: ({ known, nearest: [nearest] }) =>
      nearest !== undefined
        ? `did you mean \`${nearest}\`?`
        : `its cells are ${known.slice(0, 5).join(", ")}${known.length > 5 ? ", ..." : ""}`,
    explain:
      "`--only` takes the name of a cell, or the first digits of its hash; behind a `/` the number of a seed: `qk_norm=false`, `1f3a90c2/0`.",
  }),
  "launcher-failed": defineFault<{ command: string; reason: string }>({
    exitCode: 1,
    title: "The workers of a study cannot be started",
    message: ({ command, reason }) => `\`${command}\` has started no worker: ${reason}`,
    explain:
      "`--launcher slurm` calls `sbatch --parsable`, and `--launcher 'command ...'` the program that is named, without a shell. It was not found, ended with an error, or said no number of a job.",
  }),
} as const;
