import { defineFault } from "./fault-entry.ts";

/** What can go wrong while a data set is fetched and built. */
export const dataSetFaults = {
  "package-unavailable": defineFault<{ label: string; client: string; reason: string }>({
    exitCode: 3,
    title: "A package of a data set cannot be fetched",
    message: ({ label, client, reason }) => `${client} could not fetch \`${label}\`: ${reason}`,
    hint: () => "what was fetched stays: the same command goes on from there",
    explain:
      "Data sets are fetched by name from the registries that npm and apt are set up for. The client ended with a failure, whose reason stands in the message: there is no network, the registry lacks this version, or its lists are old (`apt-get update`). Packages that were fetched whole stay in the cache folder, and apt goes on within a package that was cut.",
  }),
  "client-missing": defineFault<{ client: string; label: string; path: string }>({
    exitCode: 1,
    title: "The program that fetches a package is not installed",
    message: ({ client, label }) => `\`${label}\` is fetched by ${client}, which is not here`,
    hint: ({ client, label, path }) =>
      client === "apt-get"
        ? `run \`apt-get download ${label}\` where there is one, and put the file here as \`${path}\``
        : `run \`npm pack ${label}\` where there is one, and put the file here as \`${path}\``,
    explain:
      "Packages are fetched by the clients of their registries, which know where those are and how to reach them: `npm`, which comes with Node, and Debian's `apt-get`. A file that was fetched elsewhere does as well: its checksum is looked at, not where it is from.",
  }),
  "package-changed": defineFault<{ label: string; path: string; found: string; needed: string }>({
    exitCode: 1,
    title: "A package has another checksum than it must have",
    message: ({ label, found, needed }) =>
      `\`${label}\` is not what it was: its checksum is ${found} and must be ${needed}`,
    hint: ({ path }) => `\`${path}\` was set aside; the same command fetches it again`,
    explain:
      "Each package of a data set is pinned by a checksum that is part of Weft, so that everyone trains on the same bytes. What came is something else: a damaged copy on the way, or another package under the name. Nothing of it was used.",
  }),
  "data-set-taken": defineFault<{ path: string }>({
    exitCode: 1,
    title: "The folder for a data set holds something else",
    message: ({ path }) =>
      `\`${path}\` is there already, and is no data set made by \`weft data get\``,
    hint: () => "name another folder with --out",
    explain:
      "A data set is built beside its place and then renamed, so that nobody sees half of one. A folder that holds `data-set.json` is one of ours and may be replaced; anything else is left alone.",
  }),
  "data-set-unfetched": defineFault<{ name: string }>({
    exitCode: 1,
    title: "A data set is named that was not fetched",
    message: ({ name }) => `the data set \`${name}\` is not here yet`,
    hint: ({ name }) => `weft data get ${name}`,
    explain:
      "`--data` takes a path, or the name of a data set that `weft data get` knows. What is at the path goes before a name. Data sets are fetched on demand, into the cache folder (`WEFT_CACHE`), and a run fetches nothing by itself.",
  }),
  "data-set-incomplete": defineFault<{ name: string; reason: string }>({
    exitCode: 3,
    title: "The packages of a data set do not hold what they should",
    message: ({ name, reason }) => `the data set \`${name}\` cannot be built: ${reason}`,
    explain:
      "The packages have the right checksums, but something that the recipe needs is not in them or cannot be drawn. That is a mistake of the recipe or of the image library on this machine; please report it.",
  }),
} as const;
