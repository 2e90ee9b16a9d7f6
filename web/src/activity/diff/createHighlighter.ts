// Loaded as one module, so that the grammars of lowlight’s index are left out.
export { createLowlight } from 'lowlight'
