// Which frames of a clip are looked at.

/**
 * The middle frames of equal steps: with steps of s = ceil(count / frames) the numbers k s + floor(s / 2), while a step
 * begins within the clip. `undefined` where that is another number of frames, or leads behind the last: then the clip
 * is too short for so many. One frame is the centre, floor(count / 2).
 */
export function frameNumbers(count: number, frames: number): readonly number[] | undefined {
  const step = Math.ceil(count / frames);
  const found: number[] = [];
  for (let start = 0; start < count; start += step) found.push(start + Math.floor(step / 2));
  const last = found.at(-1) ?? count;
  return found.length === frames && last < count ? found : undefined;
}
