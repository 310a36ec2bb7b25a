/**
 * `krmt/testing`: a server of its own for every test, with a clock that the test moves and random numbers that it seeds,
 * and the examples of a module run as tests. It works with any test runner.
 */
export type { TestClock } from './clock.js'
export { type ExampleFailure, ExamplesError } from './example-failure.js'
export {
  type CheckExamplesOptions,
  type CheckedExamples,
  checkExamples,
  type TestFunction,
  testExamples,
} from './examples.js'
export { openTest, type TestDb, type TestOptions } from './open.js'
