// Words that lost an apostrophe, and how VQA's normalisation of answers writes them.

/** Restored where all apostrophes are missing: `dont` is `don't`. */
const plain = `
  ain't aren't can't could've couldn't didn't doesn't don't hadn't hasn't haven't he'd he's how'd how'll how's I'm I've
  isn't it'd it'll ma'am mightn't might've mustn't must've needn't not've o'clock oughtn't shan't should've shouldn't
  somebody'll somebody's someone'd someone'll someone's something'd something'll that's there'd there're there's they'd
  they'll they're they've 'twas wasn't we've weren't what'll what're what's what've when's where'd where's where've
  who'd who'll who's who've why'll why're why's won't would've wouldn't y'all you'd you'll you're you've
`;

/** Restored where one of the two apostrophes is missing: `couldnt've` and `couldn'tve`. */
const double = `
  couldn't've hadn't've he'd've I'd've it'd've mightn't've she'd've shouldn't've somebody'd've someone'd've
  something'd've there'd've they'd've we'd've who'd've wouldn't've y'all'll you'd've
`;

/** Other spellings, among them one that goes the wrong way in the table of the released scorer. */
const single: readonly (readonly [string, string])[] = [
  ["somebody'd", "somebodyd"],
  ["ow's'at", "'ow's'at"],
  ["'ows'at", "'ow's'at"],
  ["'ow'sat", "'ow's'at"],
  ["yall'd've", "y'all'd've"],
  ["y'alld've", "y'all'd've"],
  ["y'all'dve", "y'all'd've"],
];

/** By the spelling that is replaced; words are compared as they stand, so that `Im` is only met by capitals. */
export const contractions: ReadonlyMap<string, string> = new Map([
  ...wordsIn(plain).map((word) => [word.replaceAll("'", ""), word] as const),
  ...wordsIn(double).flatMap((word) =>
    [...word.matchAll(/'/g)].map(
      ({ index }) => [word.slice(0, index) + word.slice(index + 1), word] as const,
    ),
  ),
  ...single,
]);

function wordsIn(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
