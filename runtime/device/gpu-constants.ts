/** WebGPU's flags. They are numbers fixed by the standard, and Node has no global objects that hold them. */
export const bufferUsage = {
  mapRead: 0x1,
  mapWrite: 0x2,
  copySource: 0x4,
  copyTarget: 0x8,
  storage: 0x80,
  queryResolve: 0x200,
} as const;

export const mapMode = { read: 0x1, write: 0x2 } as const;

export const computeStage = 0x4;
