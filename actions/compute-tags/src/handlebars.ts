import { messageOf } from '@deploy-actions/core/values/action-error'
import { InvalidValue } from '@deploy-actions/core/values/invalid-value'
import Handlebars from 'handlebars/dist/handlebars.js'
import type { TemplateEngine } from './template.ts'

/** Handlebars as the documentation of the expressions promises it, blocks and escapes included. */
export const handlebarsEngine: TemplateEngine = {
  compile: template => {
    // Most attributes are plain, and compiling is dear.
    if (!template.includes('{{')) return () => template
    const render = Handlebars.compile(template)
    return context => {
      try {
        return render(context)
      } catch (thrown) {
        if (thrown instanceof InvalidValue) throw thrown
        throw new InvalidValue(`is no template that can be filled in: ${oneLine(messageOf(thrown))}`)
      }
    }
  },
  onlyExpression: template => {
    try {
      const [statement, ...more] = Handlebars.parseWithoutProcessing(template).body
      if (statement?.type !== 'MustacheStatement' || more.length > 0) return undefined
      const { path } = statement as hbs.AST.MustacheStatement
      const parts = 'parts' in path && Array.isArray(path.parts) ? path.parts : []
      return parts.length === 1 ? String(parts[0]) : undefined
    } catch {
      return undefined
    }
  },
  names: template => {
    const visitor = new NameVisitor()
    visitor.accept(Handlebars.parse(template))
    return [...visitor.names]
  },
  problem: template => {
    try {
      Handlebars.parseWithoutProcessing(template)
      return undefined
    } catch (thrown) {
      return `is no template: ${oneLine(messageOf(thrown))}`
    }
  },
}

/** Blocks that give their content another context, whose names are not known here. */
const OTHER_CONTEXT = ['each', 'with']

class NameVisitor extends Handlebars.Visitor {
  readonly names = new Set<string>()

  override PathExpression(path: hbs.AST.PathExpression): void {
    if (!path.data && path.depth === 0 && path.parts.length > 0 && !(path.original in Handlebars.helpers))
      this.names.add(path.original)
  }

  override BlockStatement(block: hbs.AST.BlockStatement): void {
    if (!OTHER_CONTEXT.includes(block.path.original)) {
      super.BlockStatement(block)
      return
    }
    for (const param of block.params) this.accept(param)
    this.accept(block.inverse)
  }
}

/** The parser draws a picture of several lines and lists its tokens; where it got stuck says it all. */
function oneLine(message: string): string {
  return message.replace(/\n.*\^\n[\s\S]*$/, '').replaceAll('\n', ' ')
}
