import type { Workflow } from '@pawl/sdk'
import { useRunData } from '../activity/useRunData.ts'
import { Ago } from '../elements/Age.tsx'
import { navigate, withParameters } from '../elements/address.ts'
import type { PageAddress } from '../elements/address.ts'
import { JsonTree } from '../elements/JsonTree.tsx'
import { Link } from '../elements/Link.tsx'
import { describeError } from '../elements/Problem.tsx'
import { useTitle } from '../elements/title.ts'
import { PhaseGraph } from '../run/PhaseGraph.tsx'

const NO_PHASES: readonly never[] = []

/** The workflows that runs may be started with, and the chosen one, which is part of the address. */
export function Workflows({ place }: { readonly place: PageAddress }) {
  useTitle('Workflows')
  const { value, error } = useRunData('workflows', undefined, async (pawl, signal) =>
    groupVersions((await pawl.workflows.list({ first: 500, signal })).nodes),
  )
  const parameters = new URLSearchParams(place.search)
  const id = parameters.get('id')
  const versions = value?.find((group) => group.some((workflow) => workflow.id === id)) ?? value?.[0]
  const workflow = versions?.find((workflow) => workflow.id === id) ?? versions?.[0]
  return (
    <main className="page page-wide">
      <h1>Workflows</h1>
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      {!value && error === undefined && <p role="status">Asking the server …</p>}
      {value && workflow && versions && (
        <div className="split">
          <ul className="choices" aria-label="Workflows">
            {value.map(([newest]) => (
              <li key={newest.id}>
                <Link
                  className="choice"
                  to={withParameters(place, { id: newest.id })}
                  aria-current={versions.includes(newest) ? 'true' : undefined}
                  data-workflow={newest.name}
                >
                  <span className="choice-name">{newest.name}</span>
                  <span className="soft">
                    version {newest.version}
                    {newest.project !== null && `, of project ${newest.project}`}
                  </span>
                </Link>
              </li>
            ))}
          </ul>
          <Chosen
            workflow={workflow}
            versions={versions}
            onChoose={(id) => navigate(withParameters(place, { id }), { isReplacing: true })}
          />
        </div>
      )}
    </main>
  )
}

interface ChosenProps {
  readonly workflow: Workflow
  readonly versions: readonly Workflow[]
  onChoose(id: string): void
}

function Chosen({ workflow, versions, onChoose }: ChosenProps) {
  const { id, name, version, project, phases, createdAt } = workflow
  const full = useRunData(`workflow ${id}`, undefined, (pawl, signal) =>
    pawl.workflows.get(name, { version, ...(project !== null && { project }), signal }),
  )
  return (
    <section className="pane" aria-label={name}>
      <div className="pane-head">
        <h2>
          {name} <span className="soft">version {version}</span>
        </h2>
        <span className="soft">
          registered <Ago at={createdAt} />
        </span>
        <Link className="button button-small" to={`/?workflow=${name}`}>
          Its runs
        </Link>
        <Link className="button button-small" to={`/start?workflow=${name}`}>
          Start a run
        </Link>
      </div>
      {versions.length > 1 && (
        <fieldset className="chips">
          <legend className="hidden">Version</legend>
          {versions.map((one) => (
            <button
              key={one.id}
              type="button"
              className="chip"
              aria-pressed={one.id === id}
              onClick={() => onChoose(one.id)}
            >
              Version {one.version}
            </button>
          ))}
        </fieldset>
      )}
      <div className="panel">
        <PhaseGraph workflow={workflow} phases={NO_PHASES} current={undefined} isOpen={false} isOld={false} />
      </div>
      <div className="scroll" tabIndex={0} role="region" aria-label="Phases">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Phase</th>
              <th scope="col">Role</th>
              <th scope="col">File</th>
              <th scope="col">Approval</th>
              <th scope="col">Then</th>
            </tr>
          </thead>
          <tbody>
            {phases.map(({ key, role, artifactPath, isApprovalRequired, next, isFinal }) => (
              <tr key={key}>
                <td>{key}</td>
                <td>{role ?? '–'}</td>
                <td>{artifactPath ? <code>{artifactPath}</code> : '–'}</td>
                <td>{isApprovalRequired ? 'a person approves' : '–'}</td>
                <td>{[...next, ...(isFinal ? ['the run may be completed'] : [])].join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {full.value && (
        <details>
          <summary className="soft">The definition, as it was registered</summary>
          <JsonTree value={full.value.definition} depth={2} />
        </details>
      )}
    </section>
  )
}

type Versions = readonly [Workflow, ...Workflow[]]

/** The versions of each workflow, the newest first; those of a project are apart from the installation's. */
function groupVersions(workflows: readonly Workflow[]): readonly Versions[] {
  const groups = new Map<string, [Workflow, ...Workflow[]]>()
  for (const workflow of workflows) {
    const key = `${workflow.project} ${workflow.name}`
    const known = groups.get(key)
    if (known) known.push(workflow)
    else groups.set(key, [workflow])
  }
  return [...groups.values()]
}
