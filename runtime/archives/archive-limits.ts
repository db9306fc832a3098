/** How much an archive may be: what is beyond is refused before it takes memory or disk. */
export interface ArchiveLimits {
  /** Members of one archive. */
  readonly members: number;
  /** Bytes of one member, decompressed. */
  readonly memberBytes: number;
  /** Bytes of all that comes out of one compressed stream. */
  readonly totalBytes: number;
  /** How many times as long as its compressed form a stream may be, behind its first MiB. */
  readonly ratio: number;
}

/**
 * Room for data sets that people train on, and not for more: text compresses 10 to 30 times, while a bomb made of one
 * repeated byte reaches 1,000 with gzip and 7,000 with xz.
 */
export const usualLimits: ArchiveLimits = {
  members: 4_000_000,
  memberBytes: 2 ** 31,
  totalBytes: 2 ** 36,
  ratio: 200,
};
