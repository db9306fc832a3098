import { folderMiniatures, imagenetMiniatures } from "./imagenet-miniatures.ts";
import { listMiniatures } from "./list-miniatures.ts";
import { matlabMiniatures, rasterMiniatures } from "./packed-miniatures.ts";

/** Every set that is classified by texts, in its official layout. */
export const zeroShotMiniatures = [
  ...imagenetMiniatures,
  ...listMiniatures,
  ...matlabMiniatures,
  ...rasterMiniatures,
  ...folderMiniatures,
];
