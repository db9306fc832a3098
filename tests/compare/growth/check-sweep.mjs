/** What each sweep promises, as sentences that say what is broken; none where all holds. */
export function checkSweep(sweep, points, fit) {
  return [...planPromises[sweep.name](points, fit), ...timePromises(sweep, points, fit)]
    .filter(([holds]) => !holds)
    .map(([, text]) => `${sweep.name}: ${text}`);
}

const isConstant = (points, key) => points.every((point) => point[key] === points[0][key]);
/** Alignment and what is in flight beside the largest layer leave a little. */
const isLine = ({ largestMiss }, share) => largestMiss <= share;

const planPromises = {
  batch: (points, fit) => [
    [isConstant(points, "weightBytes"), "weights do not depend on the batch"],
    [isConstant(points, "dispatches"), "dispatches do not depend on the batch"],
    [isLine(fit.activations, 0.02), "activations lie on a line"],
  ],
  tokens: (points, fit) => [
    [isConstant(points, "dispatches"), "dispatches do not depend on the tokens"],
    [isLine(fit.activations, 0.02), "activations lie on a line: no matrix of scores"],
    [isLine(fit.weights, 1e-6), "weights grow by the position embedding alone"],
  ],
  depth: (points, fit) => [
    [isConstant(points, "arenaBytes"), "activations do not depend on the depth"],
    [isLine(fit.weights, 1e-6), "weights lie on a line"],
    [isLine(fit.dispatches, 1e-6), "dispatches lie on a line"],
  ],
};

/** Measured, so with room for other work on the machine. */
function timePromises(sweep, points, { time }) {
  const curve = sweep.powers.includes(2) ? "a line and attention's square" : "a line";
  const [first, last] = [points[0], points.at(-1)];
  const growth = last.leastMs / first.leastMs / (last.macs / first.macs);
  return [
    [time.rSquared >= 0.98, `time lies on ${curve} (R2 = ${time.rSquared.toFixed(4)})`],
    [growth <= 1.25, `time grows no faster than the work (${growth.toFixed(2)} of it)`],
  ];
}
