{{- define "labels" -}}
app.kubernetes.io/name: dynamic-analyses
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "image" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- define "locked" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* What every pod of the product has; the users are those of the Dockerfile. */}}
{{- define "pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 999
  runAsGroup: 999
  fsGroup: 999
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
volumes:
  - name: data
    {{- if .Values.files.existingClaim }}
    persistentVolumeClaim: {claimName: {{ .Values.files.existingClaim }}}
    {{- else }}
    emptyDir: {sizeLimit: 10Gi}
    {{- end }}
  - name: tmp
    emptyDir: {sizeLimit: 2Gi}
  - name: browser
    emptyDir: {sizeLimit: 1Mi}
  - name: browser-tmp
    emptyDir: {sizeLimit: 2Gi}
{{- end }}

{{/* The environment and the folders of a container of the product; all others of its file system are read-only. */}}
{{- define "container" -}}
{{ include "image" . }}
securityContext: {{ include "locked" . | nindent 2 }}
envFrom:
  - configMapRef: {name: {{ .Release.Name }}-settings}
  - secretRef: {name: {{ required "Set existingSecret to the name of a Secret with DATABASE_URL, SECRET_KEY and SCANS_SECRET_KEYS." .Values.existingSecret }}}
env:
  - {name: PORT, value: {{ .Values.web.port | quote }}}
  # A folder of its own: it is made with mode 0700, which the volume itself has not.
  - {name: SCANS_VAR_DIR, value: /data/var}
  - {name: SCANS_BROWSER_SOCKET, value: /browser/socket}
  - {name: HOME, value: /tmp}
volumeMounts:
  - {name: data, mountPath: /data}
  - {name: tmp, mountPath: /tmp}
  - {name: browser, mountPath: /browser}
{{- end }}

{{/* The browser's service: another user, no secrets, no files of the product. It starts before and ends after. */}}
{{- define "browser" -}}
- name: browser
  restartPolicy: Always
  {{- include "image" . | nindent 2 }}
  args: [python, scans/browser/service.py, /browser/socket]
  securityContext:
    {{- include "locked" . | nindent 4 }}
    runAsUser: 998
    runAsGroup: 999
  env:
    - {name: HOME, value: /tmp}
  volumeMounts:
    - {name: browser, mountPath: /browser}
    - {name: browser-tmp, mountPath: /tmp}
  resources: {{ toYaml .Values.browser.resources | nindent 4 }}
{{- end }}
