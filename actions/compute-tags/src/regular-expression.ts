import { messageOf } from '@deploy-actions/core/values/action-error'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'

/** Reads `v(.*)`, and where flags are allowed `/v(.*)/i`. Throws InvalidValue. */
export function readRegExp(attribute: string, text: string, { mayHaveFlags = false } = {}): RegExp {
  const [, source, flags] = (mayHaveFlags && /^\/(.+)\/(.*)$/.exec(text)) || []
  try {
    return source === undefined ? new RegExp(text) : new RegExp(source, flags)
  } catch (thrown) {
    throw new InvalidValue(`has the ${attribute} ${text}, which is no regular expression: ${messageOf(thrown)}`)
  }
}
