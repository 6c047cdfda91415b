"""The words by which the fields and buttons of login forms are told from others.

Standard library only, since it runs in the browser's child process too. JavaScript understands these patterns as well.
"""

IN = (
    r"log[ _-]?[io]n\b|sign[ _-]?in\b|signin|anmelden|einloggen|connexion|connecter|iniciar sesi|acceder|accedi\b"
    r"|entrar|inloggen|logga in|zaloguj|войти|登录|登入|ログイン|로그인"
)
GOES_ON = r"next|continue|weiter|suivant|continuer|siguiente|continuar|avanti|verder|далее|次へ|下一"
REGISTERS = r"regist|sign-?_? ?up|create|join|subscri|newsletter|reset|forgot|recover|search"
# Words of a field, in its name, id, placeholder or label, that say what is typed there.
NAMES_USER = (
    r"user|log-?_?[io]n|e-?mail|account|benutz|kennung|konto|anmelde|usuario|utilisateur|identifi|nick|member|mitglied"
    r"|\buid\b|\bcuenta\b|\bmail\b|логин|ユーザ|用户"
)
NAMES_ELSE = (
    r"compan|firm|tenant|mandant|domain|realm|organi|workspace|client|kunden|search|suche|query|captcha|code|otp|\bpin\b"
    r"|token|website|homepage|postal|\bzip\b|coupon|voucher"
)
FOR_PAGES = {"in": IN, "goesOn": GOES_ON, "registers": REGISTERS, "namesUser": NAMES_USER, "namesElse": NAMES_ELSE}
