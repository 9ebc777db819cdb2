"""A device's name, for the tenant who must recognise it: « Firefox sur Windows »."""

# The first word found decides: browsers name their ancestors after themselves (RFC 9110, 10.1.5).
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrom", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
    ("w3m", "w3m"),
    ("Lynx", "Lynx"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "Chromebook"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """The browser and system that a `User-Agent` header most likely tells, by their commercial names."""
    browser = next((name for word, name in BROWSERS if word in user_agent), "Navigateur inconnu")
    system = next((name for word, name in SYSTEMS if word in user_agent), "")
    return f"{browser} sur {system}" if system else browser
