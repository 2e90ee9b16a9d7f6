import { createPawl } from '@pawl/sdk'
import { PawlProvider } from '@pawl/sdk/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './shell/App.tsx'
import { applyTheme } from './shell/theme.ts'

applyTheme()
const root = document.getElementById('root')
if (!root) throw new Error('The page has no place for the dashboard')
createRoot(root).render(
  <StrictMode>
    <PawlProvider pawl={createPawl()}>
      <App />
    </PawlProvider>
  </StrictMode>,
)
