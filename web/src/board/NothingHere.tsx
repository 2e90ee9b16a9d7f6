import { Link } from '../elements/Link.tsx'

/** Shown on a board without runs. */
export function NothingHere({ isFiltered }: { readonly isFiltered: boolean }) {
  return (
    <div className="nothing">
      {isFiltered ? (
        <>
          <p>No run matches.</p>
          <Link className="button" to="/">
            Show all
          </Link>
        </>
      ) : (
        <>
          <p>No run was started yet.</p>
          <Link className="button button-main" to="/start">
            Start the first one
          </Link>
        </>
      )}
    </div>
  )
}
