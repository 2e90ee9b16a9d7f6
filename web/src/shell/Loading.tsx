/** Shown while the code of a page is loaded. */
export function Loading() {
  return (
    <main className="page" aria-busy="true">
      <p role="status">Loading …</p>
    </main>
  )
}
