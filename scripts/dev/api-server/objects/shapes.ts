/**
 * The shapes of the kinds that the development API server knows. Secrets and Leases are complete, so a member that
 * Kubernetes does not know is dropped with a warning; pods are open below the parts that this server reads.
 * Development tool, no zone.
 */

import type { Shape } from './decode.ts';

const strings: Shape = { map: 'string' };

const metadata: Shape = {
  fields: {
    name: 'string',
    generateName: 'string',
    namespace: 'string',
    labels: strings,
    annotations: strings,
    finalizers: { list: 'string' },
    ownerReferences: {
      list: {
        fields: {
          apiVersion: 'string',
          kind: 'string',
          name: 'string',
          uid: 'string',
          controller: 'boolean',
          blockOwnerDeletion: 'boolean',
        },
      },
    },
    uid: 'string',
    resourceVersion: 'string',
    generation: 'integer',
    creationTimestamp: 'time',
    deletionTimestamp: 'time',
    deletionGracePeriodSeconds: 'integer',
    selfLink: 'string',
    managedFields: 'any',
  },
};

function document(fields: Record<string, Shape>, open = false): Shape {
  return { fields: { apiVersion: 'string', kind: 'string', metadata, ...fields }, open };
}

const quantities: Shape = { map: 'quantity' };

const container: Shape = {
  open: true,
  fields: {
    name: 'string',
    image: 'string',
    imagePullPolicy: 'string',
    command: { list: 'string' },
    args: { list: 'string' },
    workingDir: 'string',
    restartPolicy: 'string',
    terminationMessagePath: 'string',
    terminationMessagePolicy: 'string',
    targetContainerName: 'string',
    env: {
      list: {
        fields: {
          name: 'string',
          value: 'string',
          valueFrom: {
            open: true,
            fields: { fieldRef: { open: true, fields: { fieldPath: 'string', apiVersion: 'string' } } },
          },
        },
      },
    },
    envFrom: { list: { open: true, fields: {} } },
    ports: {
      list: {
        fields: {
          name: 'string',
          containerPort: 'integer',
          hostPort: 'integer',
          hostIP: 'string',
          protocol: 'string',
        },
      },
    },
    resources: {
      fields: { requests: quantities, limits: quantities, claims: 'any' },
    },
    securityContext: {
      open: true,
      fields: { runAsUser: 'integer', runAsGroup: 'integer', runAsNonRoot: 'boolean', privileged: 'boolean' },
    },
    volumeMounts: {
      list: {
        fields: {
          name: 'string',
          mountPath: 'string',
          subPath: 'string',
          subPathExpr: 'string',
          readOnly: 'boolean',
          recursiveReadOnly: 'string',
          mountPropagation: 'string',
        },
      },
    },
  },
};

const items: Shape = { list: { open: true, fields: { key: 'string', path: 'string', mode: 'integer' } } };

const volume: Shape = {
  open: true,
  fields: {
    name: 'string',
    secret: { fields: { secretName: 'string', items, defaultMode: 'integer', optional: 'boolean' } },
    configMap: { fields: { name: 'string', items, defaultMode: 'integer', optional: 'boolean' } },
    emptyDir: { fields: { medium: 'string', sizeLimit: 'quantity' } },
    hostPath: { fields: { path: 'string', type: 'string' } },
    downwardAPI: { open: true, fields: { defaultMode: 'integer' } },
    projected: {
      fields: {
        defaultMode: 'integer',
        sources: {
          list: {
            open: true,
            fields: {
              serviceAccountToken: {
                fields: { audience: 'string', expirationSeconds: 'integer', path: 'string' },
              },
              secret: { fields: { name: 'string', items, optional: 'boolean' } },
            },
          },
        },
      },
    },
  },
};

const podSpec: Shape = {
  open: true,
  fields: {
    containers: { list: container },
    initContainers: { list: container },
    ephemeralContainers: { list: container },
    volumes: { list: volume },
    restartPolicy: 'string',
    serviceAccountName: 'string',
    serviceAccount: 'string',
    automountServiceAccountToken: 'boolean',
    nodeName: 'string',
    schedulerName: 'string',
    terminationGracePeriodSeconds: 'integer',
    activeDeadlineSeconds: 'integer',
    priority: 'integer',
    hostNetwork: 'boolean',
    securityContext: {
      open: true,
      fields: { runAsUser: 'integer', runAsGroup: 'integer', fsGroup: 'integer', runAsNonRoot: 'boolean' },
    },
    resources: { fields: { requests: quantities, limits: quantities, claims: 'any' } },
    tolerations: { list: { open: true, fields: { key: 'string', operator: 'string', effect: 'string' } } },
    nodeSelector: strings,
    imagePullSecrets: { list: { fields: { name: 'string' } } },
  },
};

const objectReference: Shape = {
  fields: { kind: 'string', apiVersion: 'string', name: 'string', uid: 'string' },
};

export const shapes = {
  /** Kinds that are stored as they come. */
  open: document({}, true),
  pod: document({ spec: podSpec, status: { open: true, fields: {} } }),
  secret: document({ type: 'string', data: { map: 'bytes' }, stringData: strings, immutable: 'boolean' }),
  configMap: document({ data: strings, binaryData: { map: 'bytes' }, immutable: 'boolean' }),
  serviceAccount: document({
    secrets: { list: { open: true, fields: { name: 'string' } } },
    imagePullSecrets: { list: { fields: { name: 'string' } } },
    automountServiceAccountToken: 'boolean',
  }),
  lease: document({
    spec: {
      fields: {
        holderIdentity: 'string',
        leaseDurationSeconds: 'integer',
        acquireTime: 'microtime',
        renewTime: 'microtime',
        leaseTransitions: 'integer',
        strategy: 'string',
        preferredHolder: 'string',
      },
    },
  }),
  tokenRequest: document({
    spec: {
      fields: {
        audiences: { list: 'string' },
        expirationSeconds: 'integer',
        boundObjectRef: objectReference,
      },
    },
    status: 'any',
  }),
  tokenReview: document({
    spec: { fields: { token: 'string', audiences: { list: 'string' } } },
    status: 'any',
  }),
} satisfies Record<string, Shape>;
