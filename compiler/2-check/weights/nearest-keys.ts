import { nearestNames } from "../../diagnostics/suggest.ts";
import type { UnreadTensor } from "./unread-tensors.ts";

/** Comparing every missing key with every tensor takes seconds where a whole model is missing. */
const mostSearches = 24;

/**
 * Which tensors of a file may have been meant by a key that it lacks. A tensor that nothing uses is
 * the better guess: the same name in the next layer is nearer by letters, but has its own parameter.
 */
export function nearestKeys(
  tensors: Readonly<Record<string, unknown>>,
  unread: readonly UnreadTensor[],
): (key: string) => readonly string[] {
  const loose = unread.flatMap(({ key, because }) =>
    because === "unexpected" || because === "unused" ? [key] : [],
  );
  let searches = 0;
  return (key) => {
    // The prefix of a larger model is the most common difference, and quick to find.
    const other = loose.find((one) => one.endsWith(`.${key}`) || key.endsWith(`.${one}`));
    if (other !== undefined) return [other];
    if (searches++ >= mostSearches) return [];
    const found = nearestNames(key, loose);
    return found.length > 0 ? found : nearestNames(key, Object.keys(tensors));
  };
}
