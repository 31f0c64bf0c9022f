/** `make bench-cluster`: what Twofold costs on a real cluster, as a table and JSON; and where the time goes, as a diagram. */
import { report, say } from '../figure.ts';
import { benchClusterAdmission } from './admission.ts';
import { benchReady } from './ready.ts';
import { drawTrace } from './trace.ts';

const figures = [
  ...(await benchReady(say)),
  ...(await benchClusterAdmission(say)),
  ...(await drawTrace(say)),
];
report(figures, 'cluster-');
