import type { Token } from '@pawl/sdk'
import { useAction } from '@pawl/sdk/react'
import { useState } from 'react'
import { useSession } from '../account/session.ts'
import { useRunData } from '../activity/useRunData.ts'
import { ActionButton } from '../elements/ActionButton.tsx'
import { Ago } from '../elements/Age.tsx'
import type { PageAddress } from '../elements/address.ts'
import { Confirm } from '../elements/Confirm.tsx'
import { Link } from '../elements/Link.tsx'
import { describeError, Problem } from '../elements/Problem.tsx'
import { formatTime } from '../elements/time.ts'
import { useTitle } from '../elements/title.ts'
import { NewToken } from './NewToken.tsx'

/** The tokens that were not revoked: making and revoking them. For ADMIN only. */
export function Tokens({ place }: { readonly place: PageAddress }) {
  useTitle('Tokens')
  const { viewer } = useSession()
  if (viewer.role !== 'ADMIN')
    return (
      <main className="page">
        <h1>Tokens</h1>
        <p>Tokens are made and revoked by an ADMIN; you are signed in as {viewer.role}.</p>
      </main>
    )
  return <AllTokens project={new URLSearchParams(place.search).get('project')} />
}

function AllTokens({ project }: { readonly project: string | null }) {
  const { value, error, refresh } = useRunData('tokens', undefined, async (pawl, signal) => {
    const tokens: Token[] = []
    for await (const token of pawl.tokens.all({ signal })) tokens.push(token)
    return tokens
  })
  const revoke = useAction((pawl, id: string) => pawl.tokens.revoke(id))
  const [asked, setAsked] = useState<Token>()
  const shown = project === null ? value : value?.filter(({ projects }) => projects.includes(project))
  return (
    <main className="page page-wide">
      <h1>Tokens</h1>
      <NewToken onMade={refresh} />
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      <Problem problem={revoke.problem} error={revoke.error} />
      {!value && error === undefined && <p role="status">Asking the server …</p>}
      {project !== null && (
        <p className="chips">
          <span>
            Those that are limited to the project <b>{project}</b>, alone or among others
          </span>
          <Link className="button button-small" to="/tokens">
            Show all
          </Link>
        </p>
      )}
      {shown?.length === 0 && <p role="status">There is none.</p>}
      {shown && shown.length > 0 && (
        <div className="scroll panel" tabIndex={0} role="region" aria-label="Tokens that were not revoked">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Role</th>
                <th scope="col">Projects</th>
                <th scope="col">Made</th>
                <th scope="col">Last used</th>
                <th scope="col">Expires</th>
                <th scope="col">
                  <span className="hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {shown.map((token) => {
                const { id, name, role, projects, createdAt, lastUsedAt, expiresAt } = token
                return (
                  <tr key={id} data-token={name}>
                    <td>{name}</td>
                    <td>{role}</td>
                    <td>{projects.length === 0 ? 'all' : projects.join(', ')}</td>
                    <td>
                      <Ago at={createdAt} />
                    </td>
                    <td>{lastUsedAt ? <Ago at={lastUsedAt} /> : 'never'}</td>
                    <td>{expiresAt ? formatTime(expiresAt) : 'never'}</td>
                    <td>
                      <ActionButton
                        look="button-small button-danger"
                        isPending={revoke.isPending}
                        pendingLabel={null}
                        onClick={() => setAsked(token)}
                      >
                        Revoke<span className="hidden"> {name}</span> …
                      </ActionButton>
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      )}
      {asked && (
        <Confirm
          title={`Revoke the token of ${asked.name}?`}
          verb="Revoke it for good"
          onCancel={() => setAsked(undefined)}
          onConfirm={() => {
            setAsked(undefined)
            void revoke.send(asked.id).then(refresh)
          }}
        >
          <p>
            It is refused from then on, and every stream that it opened ends, also if it is the one that you
            are signed in with.
          </p>
        </Confirm>
      )}
    </main>
  )
}
