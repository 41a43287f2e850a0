/**
 * A text that is not what it should be. The message says what is wrong and what is right, reads on after the name of the
 * input ("`wait-timeout` …"), and never quotes a secret.
 */
export class InvalidValue extends Error {
  override readonly name = 'InvalidValue'
}
