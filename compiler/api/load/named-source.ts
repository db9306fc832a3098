import { cwd } from "node:process";
import { fileURLToPath } from "node:url";
import { fault } from "../../../runtime/faults.ts";
import type { SourceLoader } from "../../source/source-loader.ts";
import type { CompileOptions, SourceText } from "../compile-options.ts";
import { diskLoader } from "./disk-loader.ts";
import { existingFile } from "./existing-file.ts";
import { memoryLoader } from "./memory-loader.ts";

type Source = CompileOptions["file"];

/** A program by its path, by its URL or as a text: what to start from, and where it and its imports come from. */
export function namedSource(source: Source): {
  readonly entry: string;
  readonly loader: () => SourceLoader;
} {
  if (isText(source)) {
    const { text, path = "text.weft", imports } = source;
    return { entry: path, loader: () => memoryLoader(path, text, imports) };
  }
  return { entry: existingFile(pathIn(source)), loader: () => diskLoader(cwd()) };
}

function isText(source: Source): source is SourceText {
  return typeof source === "object" && "text" in source;
}

function pathIn(source: Exclude<Source, SourceText>): string {
  if (typeof source === "string") return source;
  if (source.protocol !== "file:") throw fault("file-missing", { path: source.href });
  return fileURLToPath(source.href);
}
