import { parseActionMetadata } from '@deploy-actions/build/action-metadata'
import { withTables } from '@deploy-actions/build/readme-tables'
import { describe, expect, it } from '@jest/globals'

const metadata = parseActionMetadata(`
inputs:
  host:
    description: The server.
    required: true
  mode:
    description: |
      What to do:
      deploy | rollback.

      More.
    default: deploy
  user: { description: Who., default: '' }
  old: { description: Was., deprecationMessage: Use host. }
outputs:
  result: { description: What came of it. }
`)

const README =
  '# A\n<!-- inputs:start -->\nold\n<!-- inputs:end -->\ntext\n<!-- outputs:start --><!-- outputs:end -->\nend\n'

describe('withTables', () => {
  it('writes both tables between their marks', () => {
    expect(withTables(README, metadata)).toBe(`# A
<!-- inputs:start -->

| Input | What it is | Default |
| --- | --- | --- |
| \`host\` | The server. | **required** |
| \`mode\` | What to do: deploy \\| rollback.<br>More. | \`deploy\` |
| \`user\` | Who. |  |
| \`old\` | Was. Deprecated: Use host. |  |

<!-- inputs:end -->
text
<!-- outputs:start -->

| Output | What it is |
| --- | --- |
| \`result\` | What came of it. |

<!-- outputs:end -->
end
`)
  })

  it('changes nothing the second time', () => {
    const once = withTables(README, metadata)
    expect(withTables(once, metadata)).toBe(once)
  })

  it('says what is missing', () => {
    expect(() => withTables('# A\n', metadata)).toThrow('wants the lines <!-- inputs:start --> and <!-- inputs:end -->')
  })
})
