import { fault, type RuntimeFault } from "../faults.ts";

/** Makes the faults of one archive; the caller throws them. */
export interface ArchiveBlame {
  /** It is not what it says. */
  readonly broken: (reason: string) => RuntimeFault;
  /** It is what it says, and none of that is taken. */
  readonly refused: (reason: string) => RuntimeFault;
}

export function blameArchive(path: string): ArchiveBlame {
  return {
    broken: (reason) => fault("archive-broken", { path, reason }),
    refused: (reason) => fault("archive-refused", { path, reason }),
  };
}
