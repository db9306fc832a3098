import fc from "fast-check";

/**
 * A property that fails is made smaller until nothing smaller fails, which may take many times as long as all its runs.
 * It ends before the test is given up, and tells the smallest case that it has found.
 */
fc.configureGlobal({ interruptAfterTimeLimit: 100_000, markInterruptAsFailure: true });
