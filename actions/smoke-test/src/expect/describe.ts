import type { Matcher } from './matcher.ts'
import { type Shower, showPattern } from './show.ts'

/** What a matcher wants, as words that read on after "it": `is "up"`, `is at least 3`. */
export function describe(matcher: Matcher, show: Shower): string {
  switch (matcher.op) {
    case 'eq':
      return `is ${show.value(matcher.value)}`
    case 'ne':
      return `is not ${show.value(matcher.value)}`
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return `is ${LIMITS[matcher.op]} ${show.value(matcher.value)}`
    case 'in':
      return `is one of ${show.list(matcher.values)}`
    case 'not-in':
      return `is none of ${show.list(matcher.values)}`
    case 'contains':
      return `has ${show.value(matcher.value)}`
    case 'not-contains':
      return `does not have ${show.value(matcher.value)}`
    case 'starts-with':
      return `starts with ${show.value(matcher.text)}`
    case 'ends-with':
      return `ends with ${show.value(matcher.text)}`
    case 'matches':
      return `matches ${show.text(showPattern(matcher.pattern))}`
    case 'version':
      return `names ${show.text(matcher.version)}`
    case 'exists':
      return 'is there'
    case 'absent':
      return 'is not there'
    case 'type':
      return `is of the type ${matcher.type}`
    case 'length':
      return `has a length that ${describe(matcher.matcher, show)}`
    case 'every':
      return `has only items of which each ${describe(matcher.matcher, show)}`
    case 'any':
      return `has an item that ${describe(matcher.matcher, show)}`
    case 'not':
      return `is not so that it ${describe(matcher.matcher, show)}`
    case 'and':
      return matcher.matchers.map(part => describe(part, show)).join(' and ')
    case 'or':
      return matcher.matchers.map(part => describe(part, show)).join(' or ')
    default: {
      const never: never = matcher
      return never
    }
  }
}

export const LIMITS = { gt: 'more than', gte: 'at least', lt: 'less than', lte: 'at most' } as const
