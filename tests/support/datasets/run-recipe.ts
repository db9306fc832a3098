import type { DataSet } from "../../../runtime/datasets/data-set.ts";
import { DataSetFolder } from "../../../runtime/datasets/data-set-folder.ts";

/** Builds a data set in a folder from files that are given by the names of packages. */
export async function runRecipe(
  build: DataSet["build"],
  files: Readonly<Record<string, string>>,
  path: string,
): Promise<DataSetFolder> {
  const folder = new DataSetFolder(path);
  const report = () => ({ update: () => undefined, finish: () => undefined });
  await build({ fileOf: (name) => files[name] ?? name, folder, report });
  folder.finish("# Licences");
  return folder;
}
