import type { Project } from '@pawl/sdk'
import { useState } from 'react'
import { useSession } from '../account/session.ts'
import { useRunData } from '../activity/useRunData.ts'
import { Ago } from '../elements/Age.tsx'
import { Link } from '../elements/Link.tsx'
import { describeError } from '../elements/Problem.tsx'
import { Shape } from '../elements/Shape.tsx'
import { useTitle } from '../elements/title.ts'
import { countGroup, PROJECT_GROUPS } from './projectGroups.ts'
import { useFeedChange } from './useFeedChange.ts'

/** How many projects are read at once. */
const PAGE = 100
/** How often they are read again without a change: what settled a week ago is over then, and tokens come and go. */
const EVERY_MS = 60_000

/** The projects that the viewer may see, each with what its runs ask for. */
export function Projects() {
  useTitle('Projects')
  const [pages, setPages] = useState(1)
  const change = useFeedChange()
  const { value, error } = useRunData(
    `projects ${pages}`,
    change,
    async (pawl, signal) => {
      const projects: Project[] = []
      let after: string | undefined
      for (let page = 0; page < pages; page += 1) {
        const { nodes, pageInfo } = await pawl.runs.projects({ first: PAGE, after, signal })
        projects.push(...nodes)
        if (!pageInfo.hasNextPage || pageInfo.endCursor === null) return { projects, hasMore: false }
        after = pageInfo.endCursor
      }
      return { projects, hasMore: true }
    },
    EVERY_MS,
  )
  return (
    <main className="page page-wide">
      <h1>Projects</h1>
      {error !== undefined && <p className="problem">{describeError(error)}</p>}
      {!value && error === undefined && <p role="status">Asking the server …</p>}
      {value?.projects.length === 0 && <NoProject />}
      {value && value.projects.length > 0 && (
        <ul className="projects" aria-label="Projects">
          {value.projects.map((project) => (
            <ProjectRow key={project.name} project={project} />
          ))}
        </ul>
      )}
      {value?.hasMore && (
        <button className="button" type="button" onClick={() => setPages(pages + 1)}>
          Load more
        </button>
      )}
    </main>
  )
}

function NoProject() {
  return (
    <div className="nothing" data-projects="none">
      <p>There is no project yet: a run names its project when it is started.</p>
      <Link className="button button-main" to="/start">
        Start a run
      </Link>
    </div>
  )
}

function ProjectRow({ project }: { readonly project: Project }) {
  const { viewer } = useSession()
  const { name, lastActivityAt, tokenCount } = project
  const board = `/?project=${encodeURIComponent(name)}`
  return (
    <li className="panel project" data-project={name}>
      <div className="project-head">
        <h2>
          <Link to={board}>{name}</Link>
        </h2>
        <span className="soft">
          {lastActivityAt ? (
            <>
              last active <Ago at={lastActivityAt} />
            </>
          ) : (
            'no run yet'
          )}
          {tokenCount !== null && viewer.role === 'ADMIN' && (
            <>
              {' · '}
              <Link to={`/tokens?project=${encodeURIComponent(name)}`}>
                {tokenCount} {tokenCount === 1 ? 'token' : 'tokens'}
              </Link>
            </>
          )}
        </span>
      </div>
      <ul className="project-groups" aria-label={`Runs of ${name}`}>
        {PROJECT_GROUPS.map((group) => {
          const { count, text } = countGroup(project, group)
          const shown = (
            <>
              <Shape tone={group.tone} />
              <b>{text}</b>
              <span>{group.label}</span>
            </>
          )
          return (
            <li key={group.key} data-group={group.key} title={group.means}>
              {count > 0 ? (
                <Link className="project-group" to={`${board}&status=${group.statuses.join()}`}>
                  {shown}
                </Link>
              ) : (
                <span className="project-group project-group-empty">{shown}</span>
              )}
            </li>
          )
        })}
      </ul>
    </li>
  )
}
