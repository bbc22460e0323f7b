export const placeholder = 'epmd-shim'
