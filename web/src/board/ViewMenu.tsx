import { Link } from '../elements/Link.tsx'
import { Menu } from '../elements/Menu.tsx'
import { forgetView, saveView, useSavedViews } from './savedViews.ts'

/** The views that the viewer has named, and a form that names the one that is shown. */
export function ViewMenu({ address }: { readonly address: string }) {
  const views = useSavedViews()
  return (
    <Menu label={`Views${views.length > 0 ? ` ${views.length}` : ''}`}>
      {views.length > 0 && (
        <ul aria-label="Saved views">
          {views.map((view) => (
            <li key={view.name} className="menu-row">
              <Link to={view.address} aria-current={view.address === address ? 'page' : undefined}>
                {view.name}
              </Link>
              <button
                type="button"
                className="button button-small button-quiet"
                onClick={() => forgetView(view.name)}
              >
                Forget<span className="hidden"> {view.name}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <form
        className="menu-row"
        onSubmit={(event) => {
          event.preventDefault()
          const name = new FormData(event.currentTarget).get('name')
          if (typeof name !== 'string' || name.trim() === '') return
          saveView({ name: name.trim(), address })
          event.currentTarget.reset()
        }}
      >
        <label>
          <span className="hidden">Name of this view</span>
          <input name="name" placeholder="Name of this view" autoComplete="off" required />
        </label>
        <button className="button button-small" type="submit">
          Save
        </button>
      </form>
      <p className="soft">A view is its address: it can also be kept as a bookmark, and shared.</p>
    </Menu>
  )
}
