// ANLS: how near an answer is to the nearest of its references by edit distance, 0 below one half.

const threshold = 0.5;

/**
 * 1 minus the smallest normalised edit distance to a reference, and 0 if that is below 0.5. Distances are those of the
 * texts in lower case with single blanks; the length that they are divided by is that of the longer text as it stands.
 */
export function anls(prediction: string, references: readonly string[]): number {
  const nearest = references.reduce((least, reference) => {
    const length = Math.max(
      [...reference.toUpperCase()].length,
      [...prediction.toUpperCase()].length,
    );
    const distance = editDistance(evened(reference), evened(prediction));
    return Math.min(least, length === 0 ? 0 : distance / length);
  }, 1);
  const score = 1 - nearest;
  return score < threshold ? 0 : score;
}

function evened(text: string): string {
  return text.toLowerCase().split(/\s+/u).filter(Boolean).join(" ");
}

/** Insertions, deletions and replacements of code points that turn one text into the other. */
export function editDistance(left: string, right: string): number {
  const columns = [...right];
  let above = columns.map((_, index) => index + 1);
  let length = columns.length;
  for (const [row, character] of [...left].entries()) {
    let diagonal = row;
    let before = row + 1;
    above = above.map((up, index) => {
      const replaced = diagonal + (columns[index] === character ? 0 : 1);
      diagonal = up;
      before = Math.min(up + 1, before + 1, replaced);
      return before;
    });
    length = above.at(-1) ?? row + 1;
  }
  return length;
}
