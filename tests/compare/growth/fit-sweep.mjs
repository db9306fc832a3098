import { leastSquares } from "../statistics.mjs";

/** Curves through what was measured: time and compile time by their least, memory by the plan. */
export function fitSweep(sweep, points) {
  const at = points.map((point) => point.at);
  const along = (key, powers) =>
    leastSquares(
      at,
      points.map((point) => point[key]),
      powers,
    );
  return {
    time: along("leastMs", sweep.powers),
    activations: along("arenaBytes", [0, 1]),
    weights: along("weightBytes", [0, 1]),
    dispatches: along("dispatches", [0, 1]),
    compile: along("compileMs", [0, 1]),
  };
}

/** The fits as sentences, `time = 1.2 + 0.9 batch ms, R2 = 0.999`. */
export function describeFit(sweep, points, fit) {
  const line = (what, { coefficients, powers, predict, rSquared }, scale, unit) => {
    const last = predict(points.at(-1).at);
    const terms = coefficients.flatMap((coefficient, index) => {
      const power = powers[index];
      // What rounding leaves of a term that is none.
      if (Math.abs(coefficient * points.at(-1).at ** power) < 1e-9 * Math.abs(last)) return [];
      const variable = ["", ` ${sweep.name}`, ` ${sweep.name}^2`][power];
      return [`${Number((coefficient / scale).toPrecision(3))}${variable}`];
    });
    return `${what} = ${terms.join(" + ").replaceAll("+ -", "- ")}${unit}R2 = ${rSquared.toFixed(5)}`;
  };
  return [
    line("time", fit.time, 1, " ms, "),
    line("activations", fit.activations, 2 ** 20, " MiB, "),
    line("weights", fit.weights, 2 ** 20, " MiB, "),
    line("dispatches", fit.dispatches, 1, ", "),
  ].join("\n");
}
