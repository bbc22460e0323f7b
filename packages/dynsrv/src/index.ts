export const placeholder = 'dynsrv'
