"""Tells an email address, and those of free-mail providers, from other text."""

import re

# RFC 5321: 64 characters before the @, 254 in all. A longer text is not searched.
_LONGEST = 254
_ADDRESS = re.compile(r"[^\s@]{1,64}@((?:[^\s@.,;:/<>\"()]{1,63}\.)+[^\s@.,;:/<>\"()]{2,63})")

# Consumer mailboxes, disposable ones included: such a domain is no company's website.
_PROVIDERS = """
gmail.com googlemail.com outlook.com hotmail.com live.com msn.com passport.com yahoo.com ymail.com rocketmail.com
myyahoo.com icloud.com me.com mac.com aol.com aim.com proton.me protonmail.com protonmail.ch pm.me zoho.com
zohomail.com mail.com email.com gmx.com gmx.net fastmail.com fastmail.fm tutanota.com tuta.io tuta.com hushmail.com
hey.com duck.com inbox.com usa.com privaterelay.appleid.com yandex.com yahoo.co.uk yahoo.fr yahoo.de yahoo.it
yahoo.es yahoo.ca yahoo.com.br yahoo.com.ar yahoo.com.mx yahoo.co.in yahoo.in yahoo.co.jp yahoo.com.au hotmail.co.uk
hotmail.fr hotmail.de hotmail.it hotmail.es hotmail.se hotmail.dk hotmail.nl hotmail.be outlook.fr outlook.de
outlook.es outlook.it outlook.dk outlook.com.br live.co.uk live.fr live.de live.nl live.dk live.se live.it live.be
live.com.au btinternet.com sky.com virginmedia.com ntlworld.com talktalk.net gmx.de gmx.at gmx.ch web.de t-online.de
freenet.de arcor.de posteo.de mailbox.org bluewin.ch orange.fr wanadoo.fr free.fr sfr.fr laposte.net libero.it
virgilio.it alice.it tiscali.it tin.it telefonica.net ziggo.nl kpnmail.nl planet.nl xs4all.nl home.nl telenet.be
skynet.be telia.com bredband.net spray.se online.no stofanet.dk jubii.dk mail.dk wp.pl o2.pl onet.pl interia.pl
seznam.cz centrum.cz abv.bg mail.ru bk.ru list.ru inbox.ru yandex.ru rambler.ru ukr.net uol.com.br bol.com.br
terra.com.br comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net juno.com
rogers.com shaw.ca sympatico.ca bigpond.com optusnet.com.au rediffmail.com qq.com 163.com 126.com yeah.net sina.com
sina.cn sohu.com foxmail.com naver.com daum.net hanmail.net docomo.ne.jp ezweb.ne.jp softbank.ne.jp mailinator.com
guerrillamail.com 10minutemail.com tempmail.com temp-mail.org yopmail.com trashmail.com sharklasers.com getnada.com
dispostable.com maildrop.cc
"""
FREE_MAIL = frozenset(_PROVIDERS.split())


def domain_of(text: str | None) -> str | None:
    """Return the domain, in lower case, of an email address; None if ``text`` is none."""
    if not text or len(text) > _LONGEST:
        return None
    found = _ADDRESS.fullmatch(text.strip())
    return found[1].lower() if found else None
