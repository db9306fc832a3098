import type { DataSetFolder } from "./data-set-folder.ts";
import type { PackagePin } from "./package-pin.ts";
import type { ReportProgress } from "./progress.ts";

/** A data set that is fetched by the names of packages and built from them: one record per data set. */
export interface DataSet {
  readonly name: string;
  /** A line for lists. */
  readonly summary: string;
  /** What the recipe makes of the same packages changes with this number. */
  readonly recipe: number;
  readonly packages: readonly PackagePin[];
  readonly licences: readonly LicenceOf[];
  /** Writes images and captions, or whatever the data set is, into the folder. */
  readonly build: (context: BuildContext) => Promise<void>;
}

/** Under which terms a part of a data set may be used. */
interface LicenceOf {
  readonly part: string;
  /** As SPDX names it, where it does. */
  readonly licence: string;
  /** Whose work it is. */
  readonly by: string;
}

export interface BuildContext {
  /** The fetched file of a package, by its name. */
  readonly fileOf: (packageName: string) => string;
  readonly folder: DataSetFolder;
  readonly report: ReportProgress;
}
