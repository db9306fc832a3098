export interface Workers {
  /** What people should know of them. */
  readonly note: string;
  /** Settled when all have ended; undefined where they go on without this process. */
  readonly ended: Promise<void> | undefined;
  /** Asks them to come to a checkpoint and end. */
  readonly stop: () => void;
}

export interface WorkerRequest {
  readonly jobs: number;
  readonly only: string | undefined;
}
