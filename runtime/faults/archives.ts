import { defineFault } from "./fault-entry.ts";

/** What can be wrong with an archive that somebody names or that was fetched. */
export const archiveFaults = {
  "archive-broken": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "An archive is damaged or cut short",
    message: ({ path, reason }) => `the archive \`${path}\` is damaged: ${reason}`,
    hint: () => "fetch or make it again",
    explain:
      "Tar, ar, gzip, xz and zstd say how long each part is, and most of them carry a checksum. What the archive says does not hold: it ends too early, a checksum or a length is wrong, or something is in the place of a header. A tar has to end with its two blocks of zeros, because without them nobody can tell whether members are missing.",
  }),
  "archive-refused": defineFault<{ path: string; reason: string }>({
    exitCode: 1,
    title: "An archive holds something that is never taken from one",
    message: ({ path, reason }) => `the archive \`${path}\` is refused: ${reason}`,
    hint: () => "an archive of data holds regular files with relative names, each name once",
    explain:
      "An archive from elsewhere may be made to do harm. Refused are names that are absolute, lead out of the folder (`..`), hold control characters or backslashes or are no UTF-8; links, devices, pipes and sparse files; two files of one name; more members or bytes than the limits; and compressed data that grows out of all proportion. Nothing of an archive is written under a name that it chose without having passed this.",
  }),
  "archive-unreadable": defineFault<{ path: string; kind: string; needed: string }>({
    exitCode: 1,
    title: "An archive is compressed in a way that cannot be undone here",
    message: ({ path, kind }) =>
      `\`${path}\` is compressed by ${kind}, which cannot be undone here`,
    hint: ({ needed }) => needed,
    explain:
      "Gzip and xz are read on every Node. For zstd the decompressor of Node itself is used, which came with 22.15 and 23.8.",
  }),
} as const;
