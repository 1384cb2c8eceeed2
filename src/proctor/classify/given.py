"""Classify, names as values: whether a text reads like a person's name, by a list of common given names.

A weak sign by design: cities, brands and months are names too (`Jordan`, `Paris`, `May`), so `combine` asks for many
different values and a table that is not about things.
"""

from __future__ import annotations

from proctor.classify.words import words_of

_GIVEN = words_of(
    """
    james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph
    jessica thomas sarah christopher karen charles lisa daniel nancy matthew betty anthony sandra mark margaret
    donald ashley steven kimberly andrew emily paul donna joshua michelle kenneth carol kevin amanda brian melissa
    timothy deborah ronald stephanie george rebecca jason sharon edward laura jeffrey cynthia ryan dorothy jacob amy
    nicholas kathleen gary angela eric shirley jonathan emma stephen brenda larry pamela justin nicole scott anna
    brandon samantha benjamin katherine samuel christine gregory helen alexander debra patrick rachel frank carolyn
    raymond janet jack maria dennis olivia jerry heather tyler catherine aaron julie jose victoria adam kelly nathan
    lauren henry christina zachary joan douglas evelyn peter judith kyle megan noah andrea ethan cheryl jeremy
    hannah walter jacqueline christian martha keith roger terry austin gloria sean ann gerald teresa carl kathryn
    sara harold janice dylan jean arthur abigail lawrence jordan alice jesse madison bryan julia billy judy bruce
    sophia gabriel grace joe denise logan amber alan juan marilyn wayne roy danielle ralph beverly randy isabella
    eugene theresa vincent diana russell natalie louis brittany philip bobby charlotte johnny marie bradley kayla
    liam lucas mason oliver elijah leo ava mia amelia harper chloe zoe lily hans peter wolfgang klaus jurgen dieter
    uwe stefan andreas matthias sabine petra monika ursula renate heike birgit karin ingrid lukas felix jonas leon
    finn paula lena leonie greta friedrich heinrich gunter horst manfred helmut jean pierre michel philippe alain
    nicolas christophe laurent francois jacques isabelle sylvie catherine nathalie francoise camille manon lea chloe
    louise jules hugo theo antoine guillaume mathieu celine aurelie elodie jose juan antonio manuel francisco javier
    carlos miguel alejandro pedro luis sergio pablo jorge alberto carmen maria josefa isabel dolores pilar teresa
    rosa cristina lucia paula elena raquel sofia martina valentina diego mateo giuseppe giovanni antonio mario luigi
    francesco angelo marco alessandro giulia chiara francesca sara martina giorgia alessia elisa silvia paolo luca
    matteo lorenzo davide simone federico riccardo joao paulo pedro lucas rafael gustavo felipe bruno thiago rodrigo
    ana beatriz juliana fernanda camila larissa jan piet kees henk willem johan pieter anneke marieke sanne femke
    daan sem lotte anouk bram ivan dmitri sergei alexei olga natalia tatiana svetlana irina ekaterina anastasia
    mikhail vladimir nikolai andrei mohammed muhammad ahmed ali omar hassan hussein fatima aisha khadija zainab
    maryam yusuf ibrahim khalid mustafa raj priya amit sanjay ravi vijay anita sunita deepak pooja neha rahul rohit
    arjun lakshmi krishna ananya aditya wei li ming jing yan fang hui xin yu lei jun tao hiroshi takashi kenji yuki
    sakura haruto yui akira naoko min seo ji hyun jae sung soo young kim nguyen linh anh minh thanh erik lars anders
    sven karl johanna astrid ingrid freya nils magnus bjorn sigrid maja elsa oskar zelda piotr pawel tomasz
    krzysztof agnieszka katarzyna malgorzata jakub zofia chinedu amara ngozi kwame ama kofi abena oluwaseun adebayo
    thabo sipho nomsa zanele
    """
)


def looks_like_a_name(value: str) -> bool:
    """Say whether two to four capitalised words begin, or after a comma go on, with a common given name."""
    if len(value) > 80:
        return False
    words = value.replace(",", " ").replace(".", " ").split()
    if not 2 <= len(words) <= 4 or not all(
        w[0].isupper() and w.replace("-", "").replace("'", "").isalpha() for w in words
    ):
        return False
    return any(w.partition("-")[0].lower() in _GIVEN for w in (words[0], words[1] if "," in value else words[0]))
