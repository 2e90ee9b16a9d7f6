import type { RunDetail } from '@pawl/sdk'
import { useAction } from '@pawl/sdk/react'
import { ActionButton } from '../elements/ActionButton.tsx'
import { CopyButton } from '../elements/CopyButton.tsx'
import { JsonTree } from '../elements/JsonTree.tsx'
import { Problem } from '../elements/Problem.tsx'
import { graphiqlLink } from './graphiqlLink.ts'

/** The run as the server tells it, word for word, and whether it is what its log says. */
export function Raw({ detail }: { readonly detail: RunDetail }) {
  const verify = useAction((pawl) => pawl.runs.verify(detail.id))
  const { success } = verify
  const text = JSON.stringify(detail, null, 2)
  return (
    <section aria-label="Raw" className="pane">
      <div className="pane-head">
        <CopyButton text={text} what="the run as JSON" />
        <a className="button button-small" href={graphiqlLink(detail.id)}>
          Open in GraphiQL
        </a>
        <ActionButton look="button-small" isPending={verify.isPending} onClick={() => void verify.send()}>
          Compare it with its log
        </ActionButton>
        <span role="status" className="soft">
          {success &&
            (success.isConsistent
              ? `It is exactly what its ${success.eventsChecked} events say.`
              : `It is not what its log says: ${success.differences.join('; ')}`)}
        </span>
      </div>
      <Problem problem={verify.problem} error={verify.error} />
      <JsonTree value={detail} depth={1} />
    </section>
  )
}
